"""What tests of several rooms share: files of known content, an archive, and the rooms below a session without the pipeline."""
