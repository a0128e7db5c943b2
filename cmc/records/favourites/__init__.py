"""The medicines that a clinic is offered first."""
