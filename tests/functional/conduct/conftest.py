from conduct_house import embedded, house, shared_clients  # noqa: F401 - fixtures
