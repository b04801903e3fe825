/** The forms that replace the text field, and which of them a number can use. Pure. */
import type { Capabilities } from '../../../../src/contract/capabilities.ts';
import type { FormName } from '../../state/forms.ts';
import { choiceTypesOf } from './choices.ts';
import { productTypesOf } from './products.ts';

const CAN: Readonly<Record<FormName, (capabilities: Capabilities) => boolean>> = {
  template: ({ kinds }) => kinds.includes('template'),
  choices: ({ interactive }) => choiceTypesOf(interactive).length > 0,
  poll: ({ kinds }) => kinds.includes('poll'),
  location: ({ kinds }) => kinds.includes('location'),
  contact: ({ kinds }) => kinds.includes('contacts'),
  products: ({ interactive }) => productTypesOf(interactive).length > 0,
  flow: ({ interactive }) => interactive.includes('flow'),
};

/** With more than these next to attach, emoji and record, the row would be crowded. */
const ROW: readonly FormName[] = ['template', 'choices', 'poll'];
const MENU: readonly FormName[] = ['location', 'contact', 'products', 'flow'];

/**
 * The forms with a button in the row, and those in the menu behind it. A menu with a single entry is moved into the
 * row.
 */
export function sheetsOf(capabilities: Capabilities): {
  readonly inRow: readonly FormName[];
  readonly inMenu: readonly FormName[];
} {
  const offered = (sheet: FormName): boolean => CAN[sheet](capabilities);
  const [inRow, inMenu] = [ROW.filter(offered), MENU.filter(offered)];
  return inMenu.length === 1 ? { inRow: [...inRow, ...inMenu], inMenu: [] } : { inRow, inMenu };
}
