/**
 * A thread's messages and notes, oldest first. Only a window of lines is drawn. The position is kept while older pages
 * load, and new lines scroll into view only when the person is at the end.
 */
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { actions, sameItems, useApp } from '../state/app.ts';
import { timelineItems, type TimelineItem } from '../state/timeline-items.ts';
import type { Timeline as TimelineModel } from '../sync/model.ts';
import { arrivedSince, shownOf, type Shown } from '../sync/timelines.ts';
import { echoesOf } from '../sync/outbox.ts';
import { uploadsOf } from '../sync/uploads.ts';
import type { AppState } from '../state/store.ts';
import { isUnderWay } from '../state/aim.ts';
import { serverNow } from '../clock.ts';
import { FittedProvider, frameOf } from './attachments/frame.ts';
import { sizeOfPicture } from './attachments/picture-sizes.ts';
import { EchoBubble } from './echo-bubble.tsx';
import { dayTitle } from './format.ts';
import { Icon } from './icons.tsx';
import { Album } from './album.tsx';
import { useLightbox } from './lightbox.tsx';
import { MessageBubble } from './message-bubble.tsx';
import { MessageToolsProvider, type MessageTools } from './message-tools.ts';
import { NoteCard } from './note-card.tsx';
import { TimelineSkeleton } from './skeletons.tsx';
import { UploadBubble } from './upload-bubble.tsx';
import type { Mode } from './composer/composer-tabs.tsx';
import { useTimelineWindow } from './use-window.ts';
import { useAim } from './use-aim.ts';
import { useMore, useMoreWhenBack } from './use-more.ts';
import { useReading } from './use-reading.ts';
import { useStickyScroll } from './use-sticky-scroll.ts';

interface TimelineProps {
  readonly threadId: string;
  readonly canReact: boolean;
  readonly canQuote: boolean;
  readonly unreadFromId: string | null;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (mode: Mode, text: string) => void;
}

interface LineProps {
  readonly item: TimelineItem;
  readonly byId: ReadonlyMap<string, Message>;
  readonly onEdit: (mode: Mode, text: string) => void;
}

const BACKLOG_WORDS = {
  begins: 'Earlier conversation, imported from the phone',
  ends: 'Received in this inbox from here on',
} as const;

const NOTHING = { echoes: [], uploads: [] } as const;

interface SeparatorProps {
  readonly name: 'day' | 'unread' | 'backlog';
  readonly words: string;
}

function Separator({ name, words }: SeparatorProps): ReactNode {
  return (
    <div className={`${name}-line`} role="separator">
      <span>{words}</span>
    </div>
  );
}

function MessageLine({ item, byId }: Pick<LineProps, 'byId'> & { item: Extract<TimelineItem, { type: 'message' }> }) {
  const { message, isFirst } = item;
  const quoted = byId.get(message.replyTo?.messageId ?? '') ?? null;
  return <MessageBubble message={message} quoted={quoted} isFirst={isFirst} />;
}

function EchoLine({ item, byId, onEdit }: LineProps & { item: Extract<TimelineItem, { type: 'echo' }> }) {
  const { entry, isFirst } = item;
  const quoted = byId.get(String(entry.input['replyToMessageId'])) ?? null;
  return <EchoBubble entry={entry} isFirst={isFirst} quoted={quoted} onEdit={onEdit} />;
}

/** Whether a line is drawn for the first time without the size of its picture being known. */
function isUnsized(item: TimelineItem): boolean {
  if (item.type === 'message') return item.message.media !== null && frameOf(item.message.media) === undefined;
  if (item.type === 'upload') return frameOf(sizeOfPicture(item.upload.file)) === undefined;
  return item.type === 'echo';
}

/** Keeps the frame that its picture had at first, also when the message takes the place of its echo. */
function Line(props: LineProps): ReactNode {
  const [isFitted] = useState(() => isUnsized(props.item));
  return (
    <FittedProvider value={isFitted}>
      <LineContent {...props} />
    </FittedProvider>
  );
}

function LineContent({ item, byId, onEdit }: LineProps): ReactNode {
  switch (item.type) {
    case 'day':
      return <Separator name="day" words={dayTitle(item.day, serverNow())} />;
    case 'unread':
      return <Separator name="unread" words="New" />;
    case 'backlog':
      return <Separator name="backlog" words={BACKLOG_WORDS[item.edge]} />;
    case 'note':
      return <NoteCard note={item.note} />;
    case 'echo':
      return <EchoLine item={item} byId={byId} onEdit={onEdit} />;
    case 'upload':
      return <UploadBubble upload={item.upload} isFirst={item.isFirst} />;
    case 'album':
      return <Album messages={item.messages} isFirst={item.isFirst} />;
    case 'message':
      return <MessageLine item={item} byId={byId} />;
  }
}

function Beginning({ shown, isCut }: { readonly shown: Shown; readonly isCut: boolean }): ReactNode {
  if (isCut || shown.olderCursor !== null) {
    return (
      <div className="older" aria-live="polite">
        Loading earlier messages …
      </div>
    );
  }
  return (
    <div className="older">{shown.messages.length === 0 ? 'No messages yet' : 'The conversation begins here'}</div>
  );
}

function Failed({ threadId }: { readonly threadId: string }): ReactNode {
  return (
    <div className="empty">
      <Icon name="alert" size={28} />
      <p>The messages could not be loaded.</p>
      <button
        type="button"
        className="button"
        onClick={() => {
          actions.loadTimeline(threadId);
        }}
      >
        Try again
      </button>
    </div>
  );
}

/** What this person has on its way in the thread. It comes at the end, so it is not shown elsewhere. */
function useOnTheirWay(threadId: string, timeline: TimelineModel) {
  const selectEchoes = useCallback(
    (state: AppState) => echoesOf(state.outbox, threadId, timeline, state.machine.inbox.me),
    [threadId, timeline],
  );
  const selectUploads = useCallback((state: AppState) => uploadsOf(state.uploads, threadId), [threadId]);
  const echoes = useApp(selectEchoes, sameItems);
  const uploads = useApp(selectUploads, sameItems);
  const isElsewhere = timeline.elsewhere !== null;
  const before = useRef(echoes.length + uploads.length);
  useEffect(() => {
    const now = echoes.length + uploads.length;
    if (now > before.current && isElsewhere) actions.showNewest(threadId);
    before.current = now;
  }, [echoes, uploads, isElsewhere, threadId]);
  return isElsewhere ? NOTHING : { echoes, uploads };
}

function useItems(
  threadId: string,
  { timeline, shown }: { readonly timeline: TimelineModel; readonly shown: Shown },
  unreadFromId: string | null,
): readonly TimelineItem[] {
  const { echoes, uploads } = useOnTheirWay(threadId, timeline);
  const me = useApp((state) => state.machine.inbox.me);
  return useMemo(
    () => timelineItems({ timeline: shown, echoes, uploads, unreadFromId, me }),
    [shown, echoes, uploads, unreadFromId, me],
  );
}

/** The way back to the end, and how much is new there. */
function ToEnd({ newCount, onClick }: { readonly newCount: number; readonly onClick: () => void }): ReactNode {
  return (
    <button type="button" className="to-end" data-testid="to-end" data-new={newCount > 0} onClick={onClick}>
      {newCount > 0 ? `${String(newCount)} new ${newCount === 1 ? 'message' : 'messages'}` : null}
      <Icon name="down" size={16} />
      <span className="hidden">Go to the newest message</span>
    </button>
  );
}

/** Whoever came back to the newest messages by a button that is gone has the focus in the timeline. */
function useFocusBack(scroller: RefObject<HTMLDivElement | null>, { shown, elsewhere }: TimelineModel): void {
  const isBack = shown > 0 && elsewhere === null;
  useEffect(() => {
    if (isBack && document.activeElement === document.body) scroller.current?.focus({ preventScroll: true });
  }, [isBack, scroller]);
}

/** What is drawn of the thread, how it scrolls, and where it goes. */
function useView({ threadId, timeline, unreadFromId }: LoadedProps) {
  const shown = useMemo(() => shownOf(timeline), [timeline]);
  const items = useItems(threadId, { timeline, shown }, unreadFromId);
  const window = useTimelineWindow(items);
  const hasNewer = timeline.elsewhere !== null;
  const more = useMore(threadId, window, shown.olderCursor !== null);
  const sticky = useStickyScroll(window.shown, { hasNewer, ...more, onEnd: actions.leaveAim });
  useMoreWhenBack(sticky.onScroll);
  const { isAtEnd, atEnd, toEnd } = sticky;
  const { trim } = window;
  useEffect(() => {
    // Not what an aim has had drawn in this moment.
    if (isAtEnd && atEnd.current) trim();
  }, [isAtEnd, atEnd, trim]);
  useReading(threadId, timeline.messages, isAtEnd);
  useAim(threadId, { ...sticky, ...window });
  useFocusBack(sticky.scroller, timeline);
  const newCount = arrivedSince(timeline) + sticky.newCount;
  const goToEnd = useCallback(() => {
    actions.showNewest(threadId);
    toEnd();
  }, [threadId, toEnd]);
  return { shown, window, sticky, hasNewer, newCount, goToEnd };
}

type LoadedProps = TimelineProps & { readonly timeline: TimelineModel };

function Loaded(props: LoadedProps): ReactNode {
  const { threadId, onReply, canReact, canQuote, onEdit } = props;
  const { shown, window, sticky, hasNewer, newCount, goToEnd } = useView(props);
  const { messages } = shown;
  const onJump = useCallback(
    (messageId: string) => {
      actions.goToMessage(threadId, messageId);
    },
    [threadId],
  );
  const { onEnlarge, lightbox } = useLightbox(messages);
  const tools = useMemo<MessageTools>(
    () => ({ onReply, onJump, onEnlarge, canReact, canQuote }),
    [onReply, onJump, onEnlarge, canReact, canQuote],
  );
  const byId = useMemo(() => new Map<string, Message>(messages.map((message) => [message.id, message])), [messages]);
  return (
    <div className="timeline-frame">
      <div
        ref={sticky.scroller}
        className="timeline"
        data-testid="timeline"
        role="log"
        aria-label="Messages"
        tabIndex={0}
        onScroll={sticky.onScroll}
      >
        <div ref={sticky.content} className="timeline-content">
          <Beginning shown={shown} isCut={window.isCut} />
          <MessageToolsProvider value={tools}>
            {window.shown.map((item) => (
              <Line key={item.key} item={item} byId={byId} onEdit={onEdit} />
            ))}
          </MessageToolsProvider>
          {hasNewer ? <div className="older">Loading later messages …</div> : null}
        </div>
      </div>
      <MessageToolsProvider value={tools}>{lightbox}</MessageToolsProvider>
      {sticky.isAtEnd ? null : <ToEnd newCount={newCount} onClick={goToEnd} />}
    </div>
  );
}

/** Whether the conversation was opened to show a message that is still on its way: then its end is not shown first. */
function useIsComing(threadId: string, isLoaded: boolean): boolean {
  const isComing = useApp(({ aim, machine }) => aim?.threadId === threadId && isUnderWay(aim) && machine.isReady);
  const wasShown = useRef(false);
  const isShown = isLoaded && !isComing;
  useEffect(() => {
    if (isShown) wasShown.current = true;
  }, [isShown]);
  return isComing && !wasShown.current;
}

/** The timeline of one thread; give it a `key` per thread. */
export function Timeline(props: TimelineProps): ReactNode {
  const timeline = useApp((state) => state.machine.inbox.timelines.get(props.threadId));
  const isComing = useIsComing(props.threadId, timeline?.state === 'ready');
  if (timeline?.state === 'failed') return <Failed threadId={props.threadId} />;
  if (timeline === undefined || timeline.state === 'loading' || isComing) return <TimelineSkeleton />;
  return <Loaded key={timeline.shown} {...props} timeline={timeline} />;
}
