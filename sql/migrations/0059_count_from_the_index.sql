-- safe: two indexes of what is not resolved are built anew, in which time nobody writes threads: about a second for a million.

-- Row-level security shows only what has not been erased, and asks so of every row. While these two indexes did not say, each
-- conversation that is counted beside the list was looked up in its table: up to 30,000 of them for one snapshot.
drop index threads_open_by_assignee, threads_unread;
create index threads_open_by_assignee on threads (tenant_id, assignee_id, activity_slot desc, erased_at) where status <> 'resolved';
create index threads_unread on threads (tenant_id, assignee_id, erased_at) where has_unread and status <> 'resolved';
