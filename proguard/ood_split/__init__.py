"""From samples to rows: what belongs together, which split it goes to, and the policy that each row shows."""
