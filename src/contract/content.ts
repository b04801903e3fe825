/**
 * What a message can be made of when it is sent, in the shapes and limits of the Cloud API (message reference, 2026-09);
 * the other carriers' modules turn it into their own words or refuse it.
 */
import { z } from 'zod';
import { Location } from './entities.ts';
import { MediaId } from './ids.ts';

/** Longest text WhatsApp carries in one message, and under an attachment; UTF-16 units. */
export const MAX_TEXT_CHARS = 4096;
export const MAX_CAPTION_CHARS = 1024;

/** Text of at most `max` UTF-16 units that is not only blanks. */
const words = (max: number): z.ZodString =>
  z
    .string()
    .max(max, `must be at most ${String(max)} characters`)
    .regex(/\S/, 'must not be empty');

const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2000);

const header = z.strictObject({ type: z.literal('text'), text: words(60) });
const footer = z.strictObject({ text: words(60) });
const around = { header: header.optional(), footer: footer.optional() };
const body = z.strictObject({ text: words(1024) });

const distinct = (of: string) => `must not have the same ${of} twice`;

const replyButtons = z
  .array(z.strictObject({ type: z.literal('reply'), reply: z.strictObject({ id: words(256), title: words(20) }) }))
  .min(1)
  .max(3, 'must be at most 3 buttons')
  .refine((buttons) => new Set(buttons.map(({ reply }) => reply.id)).size === buttons.length, distinct('id'))
  .refine((buttons) => new Set(buttons.map(({ reply }) => reply.title)).size === buttons.length, distinct('title'));

const row = z.strictObject({ id: words(200), title: words(24), description: words(72).optional() });
const sections = z
  .array(z.strictObject({ title: words(24).optional(), rows: z.array(row).min(1).max(10) }))
  .min(1)
  .max(10)
  .superRefine((all, context) => {
    const refuse = (message: string): void => {
      context.addIssue({ code: 'custom', message });
    };
    const rows = all.flatMap((section) => section.rows);
    if (rows.length > 10) refuse('must be at most 10 rows in all');
    if (new Set(rows.map(({ id }) => id)).size < rows.length) refuse(distinct('row id'));
    if (all.length > 1 && all.some(({ title }) => title === undefined))
      refuse('must each have a title when there are several');
  });

export const Interactive = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('button'), ...around, body, action: z.strictObject({ buttons: replyButtons }) }),
  z.strictObject({
    type: z.literal('list'),
    ...around,
    body: z.strictObject({ text: words(4096) }),
    action: z.strictObject({ button: words(20), sections }),
  }),
  z.strictObject({
    type: z.literal('cta_url'),
    ...around,
    body,
    action: z.strictObject({
      name: z.literal('cta_url'),
      parameters: z.strictObject({ display_text: words(20), url: webUrl }),
    }),
  }),
]);
/** Reply buttons, a list to choose from, or a button that opens an address. */
export type Interactive = z.infer<typeof Interactive>;

const templateFile = z.union([z.strictObject({ mediaId: MediaId }), z.strictObject({ link: webUrl })]);
const parameterName = z
  .string()
  .regex(/^\w{1,64}$/, 'must be a parameter name')
  .optional();

const TemplateParameter = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), parameter_name: parameterName, text: words(1024) }),
  z.strictObject({
    type: z.literal('currency'),
    parameter_name: parameterName,
    currency: z.strictObject({ fallback_value: words(60), code: z.string().length(3), amount_1000: z.int() }),
  }),
  z.strictObject({
    type: z.literal('date_time'),
    parameter_name: parameterName,
    date_time: z.strictObject({ fallback_value: words(60) }),
  }),
  z.strictObject({ type: z.literal('image'), image: templateFile }),
  z.strictObject({ type: z.literal('video'), video: templateFile }),
  z.strictObject({
    type: z.literal('document'),
    document: z.union([
      z.strictObject({ mediaId: MediaId, filename: words(240).optional() }),
      z.strictObject({ link: webUrl, filename: words(240).optional() }),
    ]),
  }),
  z.strictObject({ type: z.literal('location'), location: Location.omit({ url: true }).strict() }),
  z.strictObject({ type: z.literal('payload'), payload: words(128) }),
  z.strictObject({ type: z.literal('coupon_code'), coupon_code: words(15) }),
]);
/** One value of a template: positional, or named where the template has names. */
export type TemplateParameter = z.infer<typeof TemplateParameter>;

const buttonIndex = z.union([z.int().min(0).max(9), z.string().regex(/^\d$/, 'must be the number of a button')]);
const TemplateComponent = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), parameters: z.array(TemplateParameter).length(1) }),
  z.strictObject({ type: z.literal('body'), parameters: z.array(TemplateParameter).max(100) }),
  z.strictObject({
    type: z.literal('button'),
    sub_type: z.enum(['quick_reply', 'url', 'copy_code']),
    index: buttonIndex,
    parameters: z.array(TemplateParameter).length(1),
  }),
]);
/** A part of a template that has values. */
export type TemplateComponent = z.infer<typeof TemplateComponent>;

export const TemplateRef = z
  .strictObject({
    name: words(512),
    language: z.string().min(2).max(16),
    components: z.array(TemplateComponent).max(16).optional(),
  })
  .refine((template) => templateMediaIds(template).length <= 1, 'must not have more than one attachment');
/** A template by its name, or by its Content SID at Twilio, with its values. */
export type TemplateRef = z.infer<typeof TemplateRef>;

/** The stored attachments that a template shows; its schema lets one through. */
export function templateMediaIds(template: {
  readonly components?: readonly TemplateComponent[] | undefined;
}): MediaId[] {
  const parameters = (template.components ?? []).flatMap((component) => component.parameters);
  return parameters.map(mediaIdOf).filter((id) => id !== null);
}

function mediaIdOf(parameter: TemplateParameter): MediaId | null {
  const file = fileOf(parameter);
  return file !== null && 'mediaId' in file ? file.mediaId : null;
}

/** The file of a parameter that is one; else null. */
export function fileOf(
  parameter: TemplateParameter,
): (z.infer<typeof templateFile> & { readonly filename?: string | undefined }) | null {
  if (parameter.type === 'image') return parameter.image;
  if (parameter.type === 'video') return parameter.video;
  return parameter.type === 'document' ? parameter.document : null;
}

export const SentLocation = Location.omit({ url: true }).strict();
/** A place to send. */
export type SentLocation = z.infer<typeof SentLocation>;

export const SentCard = z.strictObject({
  name: words(512),
  phones: z
    .array(
      z.strictObject({
        phone: z
          .string()
          .max(64)
          .regex(/^\+?[\d\s().-]{3,}$/, 'must be a phone number'),
        waId: z
          .string()
          .regex(/^\d{5,20}$/, 'must be digits')
          .optional(),
      }),
    )
    .min(1)
    .max(10),
  organization: words(256).optional(),
  emails: z.array(z.email().max(254)).max(10).optional(),
});
/** A contact card to send. */
export type SentCard = z.infer<typeof SentCard>;
