/** One thing that the command palette offers. Pure. */
import type { PresenceState, ThreadStatus } from '../../../../src/contract/entities.ts';
import type { IconName } from '../../components/icon-paths.ts';
import type { View } from '../../state/selectors.ts';
import type { DialogName, Screen, Theme } from '../../state/store.ts';

/** The shortcuts that are offered by name too. */
export type CommandKey =
  'c' | '1' | '2' | '3' | '?' | '/' | 'j' | 'k' | 'r' | 'n' | 'i' | 'e' | 'E' | 'z' | 't' | 'u' | 'x' | ']';

/** The actions that commands consist of. */
export interface CommandActions {
  readonly assign: (threadId: string, assigneeId: string | null) => boolean;
  readonly setStatus: (threadId: string, status: ThreadStatus, snoozeUntil?: string) => boolean;
  readonly setTags: (threadId: string, change: { add?: readonly string[]; remove?: readonly string[] }) => boolean;
  readonly markRead: (threadId: string, upToMessageId: string, receipt: boolean) => void;
  readonly select: (threadId: string) => void;
  readonly setView: (change: Partial<View>) => void;
  readonly goTo: (screen: Screen) => void;
  readonly setPresence: (state: PresenceState) => void;
  readonly setTheme: (theme: Theme) => void;
  readonly openDialog: (dialog: DialogName) => void;
  readonly leave: () => void;
}

type Act = (actions: CommandActions) => void;

/** What choosing it does: the same as a shortcut, something else, or typing on with more to choose from. */
type Deed = { readonly key: CommandKey } | { readonly act: Act } | { readonly types: string };

/** A command, or a conversation to open. */
export interface Command {
  readonly id: string;
  /** The heading it stands under. */
  readonly group: string;
  readonly icon: IconName;
  readonly label: string;
  /** More to recognize it and to find it by, such as the text of a saved reply. */
  readonly detail?: string;
  /** The conversation that it opens. */
  readonly threadId?: string;
  /** The conversation that it is done to. */
  readonly aboutId?: string;
  /** Offered only when what is typed matches it. */
  readonly isFurther?: boolean;
  readonly deed: Deed;
}

/** What differs between the commands of one group. */
type Part = Omit<Command, 'id' | 'group' | 'icon' | 'label' | 'deed'>;

/** Makes the commands of one group. Each is known by its label. */
export function commandsUnder(group: string) {
  const make = (deed: Deed, icon: IconName, label: string, part: Part = {}): Command => {
    return { id: `${group}: ${label}`, group, icon, label, deed, ...part };
  };
  return {
    byKey: (key: CommandKey, icon: IconName, label: string, part?: Part) => make({ key }, icon, label, part),
    types: (types: string, icon: IconName, label: string) => make({ types }, icon, label),
    acts: (act: Act, icon: IconName, label: string, part?: Part) => make({ act }, icon, label, part),
  };
}

/** For commands that are not offered before something is typed. */
export const FURTHER = { isFurther: true } as const;
