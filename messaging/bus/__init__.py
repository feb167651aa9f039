"""The bus: what carries signed bytes to partners and back.

One port, several buses, one conformance suite over all of them. Only the `amqp_…` files under `rabbitmq` may import
aio_pika; nobody outside the post room imports a particular bus except the file that chooses it.
`topology` and `administration` say and declare what stands on a broker; a running gateway declares nothing.
"""
