"""The flood campaign: what an endpoint keeps, sends and spends when it is flooded."""
