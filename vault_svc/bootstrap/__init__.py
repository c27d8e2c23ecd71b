"""The only place where adapters are built and handed to services: one module for each process of the service."""
