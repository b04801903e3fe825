-- breaking: nodes from before 0027 call what is dropped here; later ones do not.

drop function log_changes_json(json);
