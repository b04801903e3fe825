/** The team as administrators manage it. Passwords go in, and come out only in the answer that created them. */
import { z } from 'zod';
import { Member, Role } from './entities.ts';
import { Instant } from './instant.ts';

export const TeamRole = Role.exclude(['super_admin']);
/** The roles an administrator can assign; only the operator assigns super_admin. */
export type TeamRole = z.infer<typeof TeamRole>;

export const NewPassword = z.string().min(8, 'must have at least 8 characters').max(1024);

export const NewMember = z.strictObject({
  email: z.email('must be an email address').max(254).toLowerCase(),
  displayName: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(200)
    // A name must be visible, and must not be displayed in another order than it is written.
    .regex(/[\p{L}\p{N}\p{P}\p{S}]/u, 'must not be empty')
    .regex(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069]*$/u, 'must not contain control characters'),
  role: TeamRole,
  /** For a person without a login; if it is missing, they get an initial password. */
  password: NewPassword.optional(),
});
export type NewMember = z.infer<typeof NewMember>;

export const MemberDetails = z.object({ member: Member, email: z.string(), addedAt: Instant });
/** A member with what only administrators see. */
export type MemberDetails = z.infer<typeof MemberDetails>;

export const AddedMember = z.object({
  member: Member,
  /** They had a login before and keep its password. */
  hasLogin: z.boolean(),
  /** To be handed to the person. Stored nowhere; the same command returns it again, as long as it works. */
  initialPassword: z.string().optional(),
});
export type AddedMember = z.infer<typeof AddedMember>;

export const ResetPassword = AddedMember.pick({ member: true, initialPassword: true });
/** The member who got another initial password; all their sessions have ended. */
export type ResetPassword = z.infer<typeof ResetPassword>;
