"""The durable store on SQLAlchemy Core."""
