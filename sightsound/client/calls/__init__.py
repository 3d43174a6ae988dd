"""What can be asked of a service, by resource, each as a call; `Client` and `AsyncClient` make them."""
