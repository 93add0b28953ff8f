import { expect, test } from 'vitest'
import { secretValues } from '../../../src/compose/secrets.ts'

test('values are secret by their names, or because they hold a password', () => {
  const dotenv = [
    "POSTGRES_PASSWORD='pass$word #1'",
    'API_TOKEN=abc-123',
    'DATABASE_URL=postgres://shop:hunter22@db/shop',
    'BASE_URL=https://shop.example',
    'HTTP_PORT=80',
  ].join('\n')
  expect(secretValues(dotenv).toSorted()).toEqual(['abc-123', 'pass$word #1', 'postgres://shop:hunter22@db/shop'])
})
