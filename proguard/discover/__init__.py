"""Discovery: the free names that a guard gave, as proposals for categories that a policy can list at once."""
