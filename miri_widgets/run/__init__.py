"""Where and when: run keys, records, jobs, the detached engine, progress events and logs."""
