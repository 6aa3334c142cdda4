"""The loop of exercises: source, release, check, grade. `python -m exercises` is the way in."""
