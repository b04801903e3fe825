/** One thing that is not as it should be. Contains only ids, never content. */
export interface Difference {
  readonly kind:
    'missing_message' | 'missing_status' | 'missing_dead_letter' | 'unread_count' | 'last_message' | 'log_gap';
  readonly tenantId: string;
  readonly id: string;
}
