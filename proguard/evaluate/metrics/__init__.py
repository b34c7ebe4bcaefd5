"""What a guard's completions are worth: every number of metrics.json, from the completions alone.

One way through: `outcome` reads completions, `tally` turns each row into counts, `bootstrap` resamples the counts, and
`estimate` makes values with intervals of them. `confusion` sorts the same outcomes by what went wrong.
"""
