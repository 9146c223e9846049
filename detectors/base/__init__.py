"""What all layers use: array types, errors, parameters, fingerprints, plug-ins, threads, prefetch, stopwatch."""
