-- safe: a new column that may be null.
-- A sticker that does not move has a smaller limit, which is checked again when the stored file is sent.

-- Of a WebP: that it does not move; null for other types, and for files of before it was asked.
alter table media add column still boolean;
