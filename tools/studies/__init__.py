"""Research: ablation, benchmarks, matching and latency studies. No other package imports it."""
