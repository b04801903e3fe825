/** Message templates as an agent chooses and fills them. */
import { z } from 'zod';

export const TemplateStatus = z.enum(['approved', 'pending', 'rejected', 'paused', 'disabled', 'unknown']);
/** Only `approved` ones can be sent; `unknown`: the carrier reported no status. */
export type TemplateStatus = z.infer<typeof TemplateStatus>;

export const TemplateButton = z.object({
  type: z.enum(['quick_reply', 'url', 'phone', 'copy_code', 'flow', 'other']),
  text: z.string(),
  url: z.string().nullable(),
  /** It needs a value when it is sent. */
  parameter: z.boolean(),
});
export type TemplateButton = z.infer<typeof TemplateButton>;

export const Template = z.object({
  /** The name that `message:send` uses: Meta's name, or Twilio's Content SID. */
  name: z.string(),
  language: z.string(),
  /** For people. */
  title: z.string(),
  category: z.string().nullable(),
  status: TemplateStatus,
  /** Why it cannot be sent, in the carrier's words. */
  reason: z.string().nullable(),
  quality: z.string().nullable(),
  body: z.string(),
  footer: z.string().nullable(),
  header: z
    .object({
      kind: z.enum(['text', 'image', 'video', 'document', 'location']),
      text: z.string().nullable(),
      parameter: z.boolean(),
    })
    .nullable(),
  parameters: z.object({
    style: z.enum(['positional', 'named']),
    /** Parameters of the body, in order: `1`, `2` …, or their names. */
    names: z.array(z.string()),
  }),
  buttons: z.array(TemplateButton),
});
export type Template = z.infer<typeof Template>;
