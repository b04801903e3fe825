/** A thread's messages and notes from oldest to newest: windowed, anchored while older pages come, stuck to the end only at the end. */
import { useCallback, useEffect, useMemo, useRef, type ReactNode } from 'react';
import type { Message } from '../../../src/contract/entities.ts';
import { actions, sameItems, useApp } from '../state/app.ts';
import { timelineItems, type TimelineItem } from '../state/selectors.ts';
import type { Timeline as TimelineModel } from '../sync/model.ts';
import { echoesOf } from '../sync/outbox.ts';
import { serverNow } from '../clock.ts';
import { EchoBubble } from './echo-bubble.tsx';
import { dayTitle } from './format.ts';
import { Icon } from './icons.tsx';
import { MessageBubble, type BubbleTools } from './message-bubble.tsx';
import { NoteCard } from './note-card.tsx';
import { TimelineSkeleton } from './skeletons.tsx';
import { useTimelineWindow } from './use-window.ts';
import { useReading } from './use-reading.ts';
import { useStickyScroll } from './use-sticky-scroll.ts';

const MAX_JUMP_PAGES = 6;

interface TimelineProps {
  readonly threadId: string;
  readonly canReact: boolean;
  readonly unreadFromId: string | null;
  readonly onReply: (message: Message) => void;
  readonly onEdit: (text: string) => void;
}

interface LineProps {
  readonly item: TimelineItem;
  readonly byId: ReadonlyMap<string, Message>;
  readonly tools: BubbleTools;
  readonly onEdit: (text: string) => void;
}

function Line({ item, byId, tools, onEdit }: LineProps): ReactNode {
  if (item.type === 'day') {
    return (
      <div className="day-line" role="separator">
        <span>{dayTitle(item.day, serverNow())}</span>
      </div>
    );
  }
  if (item.type === 'unread') {
    return (
      <div className="unread-line" role="separator">
        <span>New</span>
      </div>
    );
  }
  if (item.type === 'note') return <NoteCard note={item.note} />;
  if (item.type === 'echo') return <EchoBubble entry={item.entry} onEdit={onEdit} />;
  const quotedId = item.message.replyTo?.messageId ?? null;
  const quoted = quotedId === null ? null : (byId.get(quotedId) ?? null);
  return <MessageBubble message={item.message} quoted={quoted} isFirst={item.isFirst} tools={tools} />;
}

function flash(scroller: HTMLElement | null, messageId: string): boolean {
  const element = scroller?.querySelector(`[data-message-id="${CSS.escape(messageId)}"]`);
  if (element == null) return false;
  element.scrollIntoView({ block: 'center' });
  element.classList.add('flash');
  setTimeout(() => {
    element.classList.remove('flash');
  }, 1600);
  return true;
}

/** Scrolls to a quoted message, loading older pages until it is there or a limit is reached. */
function useJump(
  threadId: string,
  scroller: React.RefObject<HTMLDivElement | null>,
  showAll: () => void,
): (id: string) => void {
  return useCallback(
    (messageId: string) => {
      const attempt = async (pages: number): Promise<void> => {
        showAll();
        await new Promise((resolve) => setTimeout(resolve, 60));
        if (flash(scroller.current, messageId) || pages === 0) return;
        if (await actions.loadOlder(threadId)) await attempt(pages - 1);
      };
      if (!flash(scroller.current, messageId)) void attempt(MAX_JUMP_PAGES);
    },
    [threadId, scroller, showAll],
  );
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
  const messages = timeline?.messages;
  const select = useCallback(
    (state: { outbox: Parameters<typeof echoesOf>[0] }) => echoesOf(state.outbox, threadId, messages ?? []),
    [threadId, messages],
  );
  const echoes = useApp(select, sameItems);
  return useMemo(
    () => (timeline === undefined ? [] : timelineItems(timeline, echoes, unreadFromId)),
    [timeline, echoes, unreadFromId],
  );
}

function Loaded(props: TimelineProps & { timeline: TimelineModel }): ReactNode {
  const { threadId, timeline, onReply, canReact, onEdit } = props;
  const items = useItems(threadId, timeline, props.unreadFromId);
  const { shown, isCut, showMore, showAll, trim } = useTimelineWindow(items);
  const isLoading = useRef(false);
  const showOlder = useCallback(() => {
    if (isCut) showMore();
    else if (!isLoading.current) {
      isLoading.current = true;
      void actions.loadOlder(threadId).then(() => {
        isLoading.current = false;
      });
    }
  }, [isCut, showMore, threadId]);
  const sticky = useStickyScroll(shown, showOlder);
  useEffect(() => {
    if (sticky.isAtEnd) trim();
  }, [sticky.isAtEnd, trim]);
  useReading(threadId, timeline.messages, sticky.isAtEnd);
  const onJump = useJump(threadId, sticky.scroller, showAll);
  const tools = useMemo<BubbleTools>(() => ({ onReply, onJump, canReact }), [onReply, onJump, canReact]);
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
          {shown.map((item) => (
            <Line key={item.key} item={item} byId={byId} tools={tools} onEdit={onEdit} />
          ))}
        </div>
      </div>
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
