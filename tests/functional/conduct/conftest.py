from conduct_house import embedded, house  # noqa: F401 - fixtures
