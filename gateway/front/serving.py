"""Running the front until it is told to stop."""

import asyncio
import signal

from aiohttp import web

from gateway import logs
from gateway.auth.addresses import Networks
from gateway.front import app, asking

STOP_WITHIN = 5.0  # seconds that open requests get at the end


async def serve(url: str, client: asking.Client, sign: app.Sign, proxies: Networks, *, host: str, port: int) -> None:
    """Until SIGINT or SIGTERM. OSError when the port is in use."""
    logs.set_up("INFO")
    async with asking.session() as session:
        gateway = asking.Gateway(url, client, session, asyncio.get_running_loop().time)
        runner = web.AppRunner(app.build(gateway, sign, proxies), access_log=None, shutdown_timeout=STOP_WITHIN)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            told = asyncio.Event()
            for name in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(name, told.set)
            await told.wait()
        finally:
            await runner.cleanup()
