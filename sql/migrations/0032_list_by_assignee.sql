-- safe: an index. Building it holds up writes of threads, some seconds for a million of them.

-- The list of who sees few of a business's threads, and of what is somebody's or nobody's, in whatever state. Without it
-- such a list reads the threads of all others too: with 200,000 of them 30 ms for every snapshot of an agent who sees
-- their own.
create index threads_by_assignee on threads (tenant_id, assignee_id, last_activity_at desc, id desc);
