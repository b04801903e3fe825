/**
 * Messages that the customer answers by tapping, in the shapes and limits of the Cloud API:
 * https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages#interactive-object
 */
import { z } from 'zod';
import { distinct, FilePart, webUrl, words } from './parts.ts';
import { BUTTON_LIMITS, FLOW_LIMITS, LIST_LIMITS, PRODUCT_LIMITS, QUESTION_LIMITS } from './send-limits.ts';

const textHeader = z.strictObject({ type: z.literal('text'), text: words(QUESTION_LIMITS.header) });
const header = z.discriminatedUnion('type', [textHeader, FilePart]);
const footer = z.strictObject({ text: words(QUESTION_LIMITS.footer) });
const body = z.strictObject({ text: words(QUESTION_LIMITS.body) });
const around = { header: header.optional(), body, footer: footer.optional() };

const replyButtons = z
  .array(
    z.strictObject({
      type: z.literal('reply'),
      reply: z.strictObject({ id: words(256), title: words(BUTTON_LIMITS.title) }),
    }),
  )
  .min(1)
  .max(BUTTON_LIMITS.most, `must be at most ${String(BUTTON_LIMITS.most)} buttons`)
  .refine((buttons) => new Set(buttons.map(({ reply }) => reply.id)).size === buttons.length, distinct('id'))
  .refine((buttons) => new Set(buttons.map(({ reply }) => reply.title)).size === buttons.length, distinct('title'));

type Titled = readonly { readonly title?: string | undefined }[];

/** Several sections need titles to be told apart. */
const titledWhereSeveral = (sections: Titled): boolean =>
  sections.length === 1 || sections.every(({ title }) => title !== undefined);
const UNTITLED = 'must each have a title when there are several';

const row = z.strictObject({ id: words(200), title: words(LIST_LIMITS.title), description: words(72).optional() });
const listSections = z
  .array(
    z.strictObject({ title: words(LIST_LIMITS.title).optional(), rows: z.array(row).min(1).max(LIST_LIMITS.most) }),
  )
  .min(1)
  .max(10)
  .refine(
    (all) => all.flatMap(({ rows }) => rows).length <= LIST_LIMITS.most,
    `must be at most ${String(LIST_LIMITS.most)} rows in all`,
  )
  .refine((all) => {
    const ids = all.flatMap(({ rows }) => rows.map(({ id }) => id));
    return new Set(ids).size === ids.length;
  }, distinct('row id'))
  .refine(titledWhereSeveral, UNTITLED);

const flowParameters = z
  .strictObject({
    flow_message_version: z.literal('3'),
    flow_token: words(512).optional(),
    flow_id: words(FLOW_LIMITS.id).optional(),
    flow_name: words(FLOW_LIMITS.name).optional(),
    flow_cta: words(QUESTION_LIMITS.label),
    mode: z.enum(['draft', 'published']).optional(),
    flow_action: z.enum(['navigate', 'data_exchange']).optional(),
    flow_action_payload: z
      .strictObject({ screen: words(FLOW_LIMITS.screen), data: z.record(z.string(), z.unknown()).optional() })
      .refine((payload) => JSON.stringify(payload).length <= 8192, 'must be at most 8,192 characters as JSON')
      .optional(),
  })
  .refine(
    (flow) => (flow.flow_id === undefined) !== (flow.flow_name === undefined),
    'needs either flow_id or flow_name',
  )
  .refine(
    (flow) => flow.flow_action !== 'data_exchange' || flow.flow_action_payload === undefined,
    'must not have a flow_action_payload with data_exchange',
  );

const retailerId = words(PRODUCT_LIMITS.productId);
const catalog = { catalog_id: words(PRODUCT_LIMITS.catalogId) };
const productSections = z
  .array(
    z.strictObject({
      title: words(PRODUCT_LIMITS.sectionTitle).optional(),
      product_items: z
        .array(z.strictObject({ product_retailer_id: retailerId }))
        .min(1)
        .max(PRODUCT_LIMITS.most),
    }),
  )
  .min(1)
  .max(PRODUCT_LIMITS.sections)
  .refine(
    (all) => all.flatMap((one) => one.product_items).length <= PRODUCT_LIMITS.most,
    `must be at most ${String(PRODUCT_LIMITS.most)} products in all`,
  )
  .refine(titledWhereSeveral, UNTITLED);

const type = <T extends string>(name: T): { readonly type: z.ZodLiteral<T> } => ({ type: z.literal(name) });

export const Interactive = z.discriminatedUnion('type', [
  z.strictObject({ ...type('button'), ...around, action: z.strictObject({ buttons: replyButtons }) }),
  z.strictObject({
    ...type('list'),
    ...around,
    header: textHeader.optional(),
    body: z.strictObject({ text: words(LIST_LIMITS.body) }),
    action: z.strictObject({ button: words(QUESTION_LIMITS.label), sections: listSections }),
  }),
  z.strictObject({
    ...type('cta_url'),
    ...around,
    action: z.strictObject({
      name: z.literal('cta_url'),
      parameters: z.strictObject({ display_text: words(QUESTION_LIMITS.label), url: webUrl }),
    }),
  }),
  z.strictObject({
    ...type('flow'),
    ...around,
    action: z.strictObject({ name: z.literal('flow'), parameters: flowParameters }),
  }),
  z.strictObject({
    ...type('product'),
    body: body.optional(),
    footer: footer.optional(),
    action: z.strictObject({ ...catalog, product_retailer_id: retailerId }),
  }),
  z.strictObject({
    ...type('product_list'),
    ...around,
    header: textHeader,
    action: z.strictObject({ ...catalog, sections: productSections }),
  }),
  z.strictObject({
    ...type('location_request_message'),
    body,
    action: z.strictObject({ name: z.literal('send_location') }),
  }),
]);
/**
 * Reply buttons, a list to choose from, a button that opens a URL, a form (flow), one product or several of a catalog,
 * or a request for the customer's location.
 */
export type Interactive = z.infer<typeof Interactive>;

/** The header above a question's text: none, or one part. */
export function headerOf(interactive: Interactive): readonly NonNullable<z.infer<typeof header>>[] {
  return 'header' in interactive && interactive.header !== undefined ? [interactive.header] : [];
}
