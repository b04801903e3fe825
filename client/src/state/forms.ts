/** Drafts of the forms that replace the text field, before they are known to be complete. */
import type { Interactive } from '../../../src/contract/interactive.ts';

/** The header above a question. Values of the other types are kept in case somebody switches back. */
export interface HeaderDraft {
  readonly type: 'none' | 'text' | 'file';
  readonly text: string;
  readonly file: File | null;
}

/** The types of a question with choices. */
export type ChoiceType = Extract<Interactive['type'], 'button' | 'list' | 'cta_url'>;

/** Buttons, a list or a link. */
export interface ChoicesDraft {
  readonly type: ChoiceType;
  readonly header: HeaderDraft;
  readonly body: string;
  readonly footer: string;
  /** Titles of buttons or rows. */
  readonly options: readonly string[];
  /** Label of the button that opens the list, or of the link. */
  readonly label: string;
  readonly url: string;
}

/** A WhatsApp Flow. */
export interface FlowDraft {
  readonly header: HeaderDraft;
  readonly body: string;
  readonly footer: string;
  /** Label of the button. */
  readonly label: string;
  /** Whether `flow` is an id or a name. */
  readonly by: 'id' | 'name';
  readonly flow: string;
  /** The screen it starts with; empty: its own first screen. */
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

/** Whether a message shows one product or several. */
export type ProductType = Extract<Interactive['type'], 'product' | 'product_list'>;

/** A titled section of products; one product id per line. */
export interface SectionDraft {
  readonly title: string;
  readonly ids: string;
}

/** One product of a catalog, or several in sections. */
export interface ProductsDraft {
  readonly type: ProductType;
  readonly catalogId: string;
  /** For a single product. */
  readonly productId: string;
  /** Heading above several products. */
  readonly heading: string;
  readonly body: string;
  readonly footer: string;
  readonly sections: readonly SectionDraft[];
}

/** Values typed into a template, keyed by parameter name, `header`, `button-0` and so on. */
export type Values = Readonly<Record<string, string>>;

/** The values and the file of a template. */
export interface TemplateDraft {
  readonly values: Values;
  /** Header file. */
  readonly file: File | null;
}

/** Drafts by form. Templates are keyed by name and language. */
interface Forms {
  readonly template: Readonly<Record<string, TemplateDraft>>;
  readonly choices: ChoicesDraft;
  readonly poll: PollDraft;
  readonly location: { readonly where: string; readonly name: string; readonly address: string };
  readonly contact: { readonly name: string; readonly phone: string; readonly organization: string };
  readonly products: ProductsDraft;
  readonly flow: FlowDraft;
}

/** Name of a form that replaces the text field while it is open. */
export type FormName = keyof Forms;

/** The draft of one form. */
export type FormDraft<N extends FormName> = Forms[N];

/** Unsent forms of a thread. */
export type KeptForms = { readonly [N in FormName]?: Forms[N] | undefined };
