"""What methods minimise: functions of embeddings, each with its source."""
