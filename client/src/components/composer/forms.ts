/** Everything that forms in the place of the text are filled with. Pure. */
import type { ChoicesDraft } from './choices.ts';
import type { FlowDraft } from './flow.ts';
import type { PollDraft } from './poll.ts';
import type { ProductsDraft } from './products.ts';
import type { Sheet } from './sheets.ts';
import type { TemplateDrafts } from './template-text.ts';

/** What is typed, by the form. */
interface Forms extends Readonly<Record<Sheet, object>> {
  readonly template: TemplateDrafts;
  readonly choices: ChoicesDraft;
  readonly poll: PollDraft;
  readonly location: { readonly where: string; readonly name: string; readonly address: string };
  readonly contact: { readonly name: string; readonly phone: string; readonly organization: string };
  readonly products: ProductsDraft;
  readonly flow: FlowDraft;
}

/** A form whose content is kept. */
export type FormName = keyof Forms;

/** What is typed into one of them. */
export type FormDraft<N extends FormName> = Forms[N];

/** Forms somebody began and did not send. */
export type KeptForms = { readonly [N in FormName]?: Forms[N] | undefined };
