import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/app/config.ts';

const parse = (environment: Record<string, string>, file?: string) => parseConfig({ environment, file });

describe('settings', () => {
  it('have defaults', () => {
    expect(parse({})).toMatchObject({
      AFTERCARE_DATA: './data',
      AFTERCARE_HTTP: { host: '127.0.0.1', port: 8080 },
      AFTERCARE_MQTT: { host: '127.0.0.1', port: 1883 },
      AFTERCARE_TOKEN: undefined,
      AFTERCARE_LIMIT_LOG_AGE: 86_400_000,
      AFTERCARE_LIMIT_PACKET_BYTES: 262_144,
    });
  });

  it('come from the environment before the file', () => {
    const file = 'AFTERCARE_DATA: /from/file\nAFTERCARE_LIMIT_LOG_AGE: 7d\n';
    expect(parse({ AFTERCARE_DATA: '/from/env', PATH: '/bin' }, file)).toMatchObject({
      AFTERCARE_DATA: '/from/env',
      AFTERCARE_LIMIT_LOG_AGE: 604_800_000,
    });
  });

  it('tell every problem at once, and no secret', () => {
    const environment = {
      AFTERCARE_FOO: 'x',
      AFTERCARE_HTPP: 'x',
      AFTERCARE_MQTT: 'nowhere',
      AFTERCARE_TOKEN: 'too short',
      INFLUX_BUCKET: 'x',
      NATS_URL: 'nats://x',
      AFTERCARE_TLS_CERT: 'a.pem',
    };
    let message = '';
    try {
      parse(environment, 'AFTERCARE_DATAA: x\nAFTERCARE_LIMIT_CONNECTIONS: many\n');
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }
    expect(message.split('\n').sort()).toEqual([
      'AFTERCARE_FOO is no setting',
      'AFTERCARE_HTPP is no setting, did you mean AFTERCARE_HTTP?',
      'AFTERCARE_MQTT must be host:port, such as 127.0.0.1:8080, not "nowhere"',
      'AFTERCARE_TLS_CERT cannot be used: TLS is not built yet; put a TLS proxy in front of the ports',
      'AFTERCARE_TOKEN must be 16 to 256 printable characters without spaces, not its value',
      'INFLUX_BUCKET needs INFLUX_URL beside it',
      'NATS_URL cannot be used: NATS is not built yet; the log is kept in the data folder',
      'aftercare.yaml: AFTERCARE_DATAA is no setting, did you mean AFTERCARE_DATA?',
      'aftercare.yaml: AFTERCARE_LIMIT_CONNECTIONS must be a whole number from 1 on, not "many"',
    ]);
  });

  it.each(['- a list', 'just text', 'AFTERCARE_DATA: {a: b}', 'a: [', 'a: &x 1\nb: *x'])(
    'refuse the file %j',
    (file) => {
      expect(() => parse({}, file)).toThrow('aftercare.yaml');
    },
  );
});
