/**
 * What a message to be sent can consist of, in the shapes and limits of the Cloud API (message reference, 2026-09). The
 * other carriers' modules translate it into their own format or refuse it.
 */
import { z } from 'zod';
import { Location } from './message.ts';
import { distinct, FilePart, storedFileIn, words } from './parts.ts';
import { POLL_LIMITS } from './send-limits.ts';

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
  FilePart,
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
  .refine(
    (template) => valuesOf(template).filter((value) => storedFileIn([value]) !== null).length <= 1,
    'must not have more than one attachment',
  );
/** A template by its name, or by its Content SID at Twilio, with its values. */
export type TemplateRef = z.infer<typeof TemplateRef>;

/** All values of a template, in its order. */
export function valuesOf(template: {
  readonly components?: readonly TemplateComponent[] | undefined;
}): readonly TemplateParameter[] {
  return (template.components ?? []).flatMap((component) => component.parameters);
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

const { leastOptions, mostOptions } = POLL_LIMITS;

export const SentPoll = z.strictObject({
  question: words(POLL_LIMITS.question),
  options: z
    .array(words(POLL_LIMITS.option))
    .min(leastOptions, `must be at least ${String(leastOptions)} options`)
    .max(mostOptions, `must be at most ${String(mostOptions)} options`)
    .refine((options) => new Set(options).size === options.length, distinct('option')),
  /** More than one option may be chosen. Default: one. */
  multiple: z.boolean().optional(),
});
/** A poll to send. */
export type SentPoll = z.infer<typeof SentPoll>;
