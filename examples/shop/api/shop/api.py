"""The HTTP interface: products, and orders for them."""

import logging

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from shop import fault, jobs
from shop.database import engine, orders, products
from shop.process import VERSION, start_logging

start_logging()
fault.start()

log = logging.getLogger('shop')
app = FastAPI(title='Shop', docs_url=None, redoc_url=None)


class NewOrder(BaseModel):
    product_id: int
    quantity: int = Field(default=1, ge=1, le=1000)


@app.middleware('http')
async def answer(request: Request, call_next):
    probed = request.url.path in ('/healthz', '/readyz')
    if not probed and fault.error_is_due():
        response = JSONResponse({'detail': 'a rehearsed error'}, status_code=500)
    else:
        response = await call_next(request)
    response.headers['X-Version'] = VERSION
    log.debug('%s %s %s', request.method, request.url.path, response.status_code)
    return response


@app.get('/healthz')
def health(response: Response):
    """Whether this process answers. It asks nobody else: a database that is away is no reason to restart the api."""
    response.status_code = 200 if fault.is_healthy() else 503
    return {'healthy': fault.is_healthy(), 'version': VERSION}


@app.get('/readyz')
def readiness(response: Response):
    """Whether this process can do its work: the database and Redis answer."""
    try:
        with engine.connect() as connection:
            connection.execute(text('SELECT 1'))
        jobs.client.ping()
    except (SQLAlchemyError, RedisError) as error:
        log.error('Not ready: %s', error)
        response.status_code = 503
        return {'ready': False, 'version': VERSION}
    return {'ready': True, 'version': VERSION}


@app.get('/products')
def list_products():
    with engine.connect() as connection:
        rows = connection.execute(products.select().order_by(products.c.name)).mappings().all()
    return {'version': VERSION, 'products': [dict(row) for row in rows]}


@app.post('/orders', status_code=201)
def create_order(order: NewOrder):
    values = {'product_id': order.product_id, 'quantity': order.quantity}
    try:
        with engine.begin() as connection:
            order_id = connection.execute(orders.insert().values(**values)).inserted_primary_key[0]
    except IntegrityError as error:
        raise HTTPException(status_code=404, detail='no such product') from error
    try:
        jobs.put(order_id)
    except RedisError as error:
        # The order is kept: the scheduler queues it again.
        log.error('Order %s is not queued yet: %s', order_id, error)
    return {'id': order_id, 'state': 'received', **values}


@app.get('/orders/{order_id}')
def show_order(order_id: int):
    with engine.connect() as connection:
        row = connection.execute(orders.select().where(orders.c.id == order_id)).mappings().first()
    if row is None:
        raise HTTPException(status_code=404, detail='no such order')
    return dict(row)
