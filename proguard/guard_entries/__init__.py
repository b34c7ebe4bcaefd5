"""The stage guards: from an entry of ``conf/guard`` to the folder of a guard that is not ours."""
