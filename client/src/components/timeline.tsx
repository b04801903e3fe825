/**
 * A thread's messages and notes, oldest first. Only a window of lines is drawn. The position is kept while older pages
 * load, and new lines scroll into view only when the person is at the end.
 */
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { actions, sameItems, useApp } from '../state/app.ts';
import { timelineItems, type TimelineItem } from '../state/timeline-items.ts';
import type { Timeline as TimelineModel } from '../sync/model.ts';
import { echoesOf } from '../sync/outbox.ts';
import { uploadsOf } from '../sync/uploads.ts';
import type { AppState } from '../state/store.ts';
import { serverNow } from '../clock.ts';
import { FittedProvider, frameOf } from './attachments/frame.ts';
import { sizeOfPicture } from './attachments/picture-sizes.ts';
import { EchoBubble } from './echo-bubble.tsx';
import { dayTitle } from './format.ts';
import { Icon } from './icons.tsx';
import { Album } from './album.tsx';
import { Lightbox, picturesOf } from './lightbox.tsx';
import { MessageBubble } from './message-bubble.tsx';
import { MessageToolsProvider, type MessageTools } from './message-tools.ts';
import { NoteCard } from './note-card.tsx';
import { TimelineSkeleton } from './skeletons.tsx';
import { UploadBubble } from './upload-bubble.tsx';
import type { Mode } from './composer/composer-tabs.tsx';
import { useTimelineWindow } from './use-window.ts';
import { useJump } from './use-jump.ts';
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

const NOTHING = { messages: [], notes: [] } as const;

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

function Beginning({ timeline, isCut }: { readonly timeline: TimelineModel; readonly isCut: boolean }): ReactNode {
  if (isCut || timeline.olderCursor !== null) {
    return (
      <div className="older" aria-live="polite">
        Loading earlier messages …
      </div>
    );
  }
  return (
    <div className="older">{timeline.messages.length === 0 ? 'No messages yet' : 'The conversation begins here'}</div>
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

function useItems(
  threadId: string,
  timeline: TimelineModel | undefined,
  unreadFromId: string | null,
): readonly TimelineItem[] {
  const selectEchoes = useCallback(
    (state: AppState) => echoesOf(state.outbox, threadId, timeline ?? NOTHING, state.machine.inbox.me),
    [threadId, timeline],
  );
  const selectUploads = useCallback((state: AppState) => uploadsOf(state.uploads, threadId), [threadId]);
  const echoes = useApp(selectEchoes, sameItems);
  const uploads = useApp(selectUploads, sameItems);
  const me = useApp((state) => state.machine.inbox.me);
  return useMemo(
    () => (timeline === undefined ? [] : timelineItems({ timeline, echoes, uploads, unreadFromId, me })),
    [timeline, echoes, uploads, unreadFromId, me],
  );
}

/** Shows more lines above: first those already loaded, then the next page. */
function useOlder(threadId: string, isCut: boolean, showMore: () => void): () => void {
  const isLoading = useRef(false);
  return useCallback(() => {
    if (isCut) showMore();
    else if (!isLoading.current) {
      isLoading.current = true;
      void actions.loadOlder(threadId).then(() => {
        isLoading.current = false;
      });
    }
  }, [isCut, showMore, threadId]);
}

/** The lightbox, if a picture is open. */
function useLightbox(messages: readonly Message[]): { onEnlarge: (id: string) => void; lightbox: ReactNode } {
  const [shownId, setShownId] = useState<string | null>(null);
  const close = useCallback(() => {
    setShownId(null);
  }, []);
  const lightbox =
    shownId === null ? null : (
      <Lightbox pictures={picturesOf(messages)} shownId={shownId} onShow={setShownId} onClose={close} />
    );
  return { onEnlarge: setShownId, lightbox };
}

function Loaded(props: TimelineProps & { timeline: TimelineModel }): ReactNode {
  const { threadId, timeline, onReply, canReact, canQuote, onEdit } = props;
  const items = useItems(threadId, timeline, props.unreadFromId);
  const { shown, isCut, showMore, showAll, trim } = useTimelineWindow(items);
  const showOlder = useOlder(threadId, isCut, showMore);
  const sticky = useStickyScroll(shown, showOlder);
  useEffect(() => {
    if (sticky.isAtEnd) trim();
  }, [sticky.isAtEnd, trim]);
  useReading(threadId, timeline.messages, sticky.isAtEnd);
  const onJump = useJump(threadId, sticky.scroller, showAll);
  const { onEnlarge, lightbox } = useLightbox(timeline.messages);
  const tools = useMemo<MessageTools>(
    () => ({ onReply, onJump, onEnlarge, canReact, canQuote }),
    [onReply, onJump, onEnlarge, canReact, canQuote],
  );
  const byId = useMemo(
    () => new Map<string, Message>(timeline.messages.map((message) => [message.id, message])),
    [timeline.messages],
  );
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
          <Beginning timeline={timeline} isCut={isCut} />
          <MessageToolsProvider value={tools}>
            {shown.map((item) => (
              <Line key={item.key} item={item} byId={byId} onEdit={onEdit} />
            ))}
          </MessageToolsProvider>
        </div>
      </div>
      <MessageToolsProvider value={tools}>{lightbox}</MessageToolsProvider>
      {sticky.isAtEnd ? null : (
        <button type="button" className="to-end" data-new={sticky.newCount > 0} onClick={sticky.toEnd}>
          {sticky.newCount > 0
            ? `${String(sticky.newCount)} new ${sticky.newCount === 1 ? 'message' : 'messages'}`
            : null}
          <Icon name="down" size={16} />
          <span className="hidden">Go to the newest message</span>
        </button>
      )}
    </div>
  );
}

/** The timeline of one thread; give it a `key` per thread. */
export function Timeline(props: TimelineProps): ReactNode {
  const timeline = useApp((state) => state.machine.inbox.timelines.get(props.threadId));
  if (timeline?.state === 'failed') return <Failed threadId={props.threadId} />;
  if (timeline === undefined || timeline.state === 'loading') return <TimelineSkeleton />;
  return <Loaded {...props} timeline={timeline} />;
}
