"""What all layers use: errors, settings, fingerprints, plug-ins, threads, time per stage."""
