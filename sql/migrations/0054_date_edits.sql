-- safe: a column without a default that only the next file uses. By itself: a batch that waits for the table goes on with the
-- functions it began with, and the types that these know.

-- Of an edited message of a customer: whether its edit has told its time, or `edited_at` is when that was received.
alter table messages add column edit_dated boolean;
