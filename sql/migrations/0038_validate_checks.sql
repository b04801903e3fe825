-- safe: reads the tables and holds up nobody who reads or writes them.

alter table contact_addresses validate constraint contact_addresses_type_check;
alter table contacts validate constraint contacts_marketing_consent_check;
alter table threads validate constraint threads_status_check;
alter table messages validate constraint messages_direction_check, validate constraint messages_author_type_check,
  validate constraint messages_send_state_check, validate constraint messages_priority_check;
