/** What can be gone to or chosen from every screen, by rail and command palette. Pure. */
import type { PresenceState } from '../../../src/contract/entities.ts';
import type { IconName } from '../components/icon-paths.ts';
import type { Screen, Theme } from '../state/store.ts';

/** A list of conversations, and the key that leads to it. */
interface FolderPlace {
  readonly folder: 'mine' | 'unassigned' | 'all';
  readonly key: '1' | '2' | '3';
  readonly label: string;
  readonly icon: IconName;
}

export const FOLDERS: readonly FolderPlace[] = [
  { folder: 'mine', key: '1', label: 'Mine', icon: 'user' },
  { folder: 'unassigned', key: '2', label: 'Unassigned', icon: 'users' },
  { folder: 'all', key: '3', label: 'All', icon: 'inbox' },
];

/** A screen besides the inbox. */
export interface ScreenPlace {
  readonly screen: Exclude<Screen, 'inbox'>;
  readonly label: string;
  readonly icon: IconName;
}

export const SCREENS: readonly ScreenPlace[] = [
  { screen: 'team', label: 'Team', icon: 'tiles' },
  { screen: 'reports', label: 'Reports', icon: 'poll' },
  { screen: 'replies', label: 'Saved replies', icon: 'bolt' },
  { screen: 'numbers', label: 'Numbers', icon: 'phone' },
  { screen: 'members', label: 'Members', icon: 'card' },
];

/** The states that a person may choose for themselves. */
export const MY_STATES: readonly (readonly [PresenceState, string])[] = [
  ['online', 'Online'],
  ['away', 'Away'],
  ['busy', 'Busy'],
  ['offline', 'Appear offline'],
];

export const THEME_ICONS: Readonly<Record<Theme, IconName>> = { system: 'display', light: 'sun', dark: 'moon' };
