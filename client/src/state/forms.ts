/** What is typed into the forms that stand in the place of the text, before it is known to be whole. */
import type { Interactive } from '../../../src/contract/interactive.ts';

/** What is above a question: what belongs to another type is kept for whoever comes back to it. */
export interface HeaderDraft {
  readonly type: 'none' | 'text' | 'file';
  readonly text: string;
  readonly file: File | null;
}

/** The forms of a question with choices. */
export type ChoiceType = Extract<Interactive['type'], 'button' | 'list' | 'cta_url'>;

/** Buttons, a list or a link. */
export interface ChoicesDraft {
  readonly type: ChoiceType;
  readonly header: HeaderDraft;
  readonly body: string;
  readonly footer: string;
  /** Titles of buttons or rows. */
  readonly options: readonly string[];
  /** What opens the list, or what the link says. */
  readonly label: string;
  readonly url: string;
}

/** A form of WhatsApp. */
export interface FlowDraft {
  readonly header: HeaderDraft;
  readonly body: string;
  readonly footer: string;
  /** What the button says. */
  readonly label: string;
  /** As what `flow` names it. */
  readonly by: 'id' | 'name';
  readonly flow: string;
  /** Where it begins; empty: at its own first screen. */
  readonly screen: string;
  readonly mode: 'published' | 'draft';
}

/** A poll. */
export interface PollDraft {
  readonly question: string;
  readonly options: readonly string[];
  /** More than one answer may be chosen. */
  readonly multiple: boolean;
}

/** How many products a message shows. */
export type ProductType = Extract<Interactive['type'], 'product' | 'product_list'>;

/** Products under a title; one id on a line. */
export interface SectionDraft {
  readonly title: string;
  readonly ids: string;
}

/** One product of a catalog, or several in sections. */
export interface ProductsDraft {
  readonly type: ProductType;
  readonly catalogId: string;
  /** Of one product. */
  readonly productId: string;
  /** Above several. */
  readonly heading: string;
  readonly body: string;
  readonly footer: string;
  readonly sections: readonly SectionDraft[];
}

/** What was typed into a template: by the name of a parameter, by `header`, by `button-0` … */
export type Values = Readonly<Record<string, string>>;

/** What is filled into a template. */
export interface TemplateDraft {
  readonly values: Values;
  /** Above the text. */
  readonly file: File | null;
}

/** By form. Templates are known by name and language. */
interface Forms {
  readonly template: Readonly<Record<string, TemplateDraft>>;
  readonly choices: ChoicesDraft;
  readonly poll: PollDraft;
  readonly location: { readonly where: string; readonly name: string; readonly address: string };
  readonly contact: { readonly name: string; readonly phone: string; readonly organization: string };
  readonly products: ProductsDraft;
  readonly flow: FlowDraft;
}

/** A form that takes the place of the text while it is open. */
export type FormName = keyof Forms;

/** What is typed into one of them. */
export type FormDraft<N extends FormName> = Forms[N];

/** Forms somebody began and did not send. */
export type KeptForms = { readonly [N in FormName]?: Forms[N] | undefined };
