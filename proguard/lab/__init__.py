"""What the reward lab offers on the command line: `proguard lab`."""
