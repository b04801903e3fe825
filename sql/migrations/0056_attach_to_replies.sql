-- safe: a new table, and a view that tells one thing more. The release before goes on working: it does not offer files. What it
-- removes a reply of goes as what nobody uses.

-- A file that is sent with a saved reply. Its bytes are in the store under a key of its id, as those of `media`; each message that it
-- is sent with has a copy of its own.
create table saved_reply_files (
  -- Without a cascade: nothing deletes a row and forgets the bytes.
  tenant_id uuid not null references tenants,
  id uuid not null default uuidv7(),
  -- Null before a reply is saved with it, and after it was taken out.
  saved_reply_id uuid,
  place int not null default 0,
  -- When it was last in no reply: a day later it may go.
  unused_at timestamptz not null default now(),
  uploaded_by uuid not null,
  mime text not null,
  filename text not null,
  -- Null until its bytes are stored, like all that follow from them.
  storage_key text,
  size_bytes bigint not null default 0,
  sha256 text,
  still boolean,
  thumbnail_key text,
  width int,
  height int,
  primary key (tenant_id, id),
  foreign key (tenant_id, saved_reply_id) references saved_replies (tenant_id, id) on delete set null (saved_reply_id)
);
create index saved_reply_files_by_reply on saved_reply_files (tenant_id, saved_reply_id) where saved_reply_id is not null;
create index saved_reply_files_unused on saved_reply_files (unused_at) where saved_reply_id is null;

alter table saved_reply_files enable row level security;
create policy own_tenant on saved_reply_files for all to hunfly_app
  using (tenant_id = (select session_tenant())) with check (tenant_id = (select session_tenant()));
grant select, insert, update on saved_reply_files to hunfly_app;

create view saved_reply_file_entities with (security_invoker = true) as
  select f.tenant_id, f.id, f.saved_reply_id, f.place, json_build_object('id', f.id, 'filename', f.filename, 'mime', f.mime,
    'sizeBytes', f.size_bytes, 'url', '/api/saved-replies/files/' || f.id,
    'thumbnailUrl', case when f.thumbnail_key is not null then '/api/saved-replies/files/' || f.id || '/thumbnail' end) as entity
  from saved_reply_files f;
grant select on saved_reply_file_entities to hunfly_app;

create or replace view saved_reply_entities with (security_invoker = true) as
  select r.tenant_id, r.id, json_build_object('id', r.id, 'shortcut', r.shortcut, 'text', r.text,
    'files', coalesce((select json_agg(f.entity order by f.place) from saved_reply_file_entities f
      where f.tenant_id = r.tenant_id and f.saved_reply_id = r.id), '[]'::json),
    'updatedBy', r.updated_by, 'updatedAt', iso(r.updated_at), 'version', r.version) as entity
  from saved_replies r;
