"""What tracks show in numbers: durations, paths, speeds, counts, crossings of lines and visits to zones."""
