"""The pipeline's splits as a data set that `datasets`, verl, TRL and EasyR1 read."""
