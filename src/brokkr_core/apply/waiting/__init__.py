"""After the write: watches, looks and judgements until an object is ready, has failed, or its time is up."""
