"""From W and H to what people read."""
