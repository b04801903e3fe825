-- safe: a setting of a function.

-- Sends that go together wait for no business's log longer than this: then each goes alone, and who is held up is held up alone.
alter function write_sends(new_send[]) set lock_timeout = '500ms';
