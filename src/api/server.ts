import helmet from '@fastify/helmet';
import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import fastify, { type FastifyInstance, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { AftercareError } from '../base/index.ts';
import { guardAccess } from './access.ts';
import { createAccounts } from './accounts.ts';
import { backtestRoutes } from './backtest-routes.ts';
import { caseActionRoutes, caseRoutes, findingRoutes } from './case-routes.ts';
import { createConsolePages } from './console.ts';
import { demoRoutes } from './demo-routes.ts';
import type { ApiDeps } from './deps.ts';
import { deviceChangeRoutes, deviceRoutes } from './device-routes.ts';
import { createFleet } from './fleet.ts';
import { createLiveHub, type LiveHub } from './live.ts';
import { liveRoute } from './live-route.ts';
import { maintenanceRoutes } from './maintenance-routes.ts';
import { packCheckRoute } from './pack-check-route.ts';
import { packVersionRoutes } from './pack-version-routes.ts';
import { createPasswords } from './passwords.ts';
import { answerError } from './problem.ts';
import { productRoutes } from './product-routes.ts';
import { quarantineRoute } from './quarantine-route.ts';
import { collectMethods, createNotFound } from './routing.ts';
import { serviceRoutes } from './service-routes.ts';
import { sessionRoutes, setupRoutes } from './session-routes.ts';
import { sessionCookie } from './sessions.ts';
import { createSetup } from './setup.ts';
import type { ApiServer } from './shapes.ts';
import { ledgerRoutes, signalRoutes } from './telemetry-routes.ts';
import { whyRoute } from './why-route.ts';

const requestIdBytes = 9;

/** A request that trickles in holds its connection no longer than this. */
const requestMsMax = 30_000;

/** Ids in paths are at most this long. */
const pathPartMax = 300;

/**
 * The HTTP side of the service: API, live feed, OpenAPI, health, metrics and the console's files. Nothing listens until
 * the caller says so; `close` ends the live streams and waits for requests under way.
 */
export async function buildServer(deps: ApiDeps): Promise<FastifyInstance> {
  const plain = fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => Buffer.from(deps.random(requestIdBytes)).toString('base64url'),
    requestIdHeader: false,
    requestTimeout: requestMsMax,
    bodyLimit: deps.limits.bodyBytesMax,
    routerOptions: { maxParamLength: pathPartMax },
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply);
    },
  });
  const app: ApiServer = plain.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  readJsonBodies(app);

  const methodsOf = collectMethods(app);
  await registerHeaders(app);
  await registerOpenApi(app);
  const live = createLiveHub(deps.view, deps.limits);
  app.addHook('preClose', async () => live.close());

  app.setNotFoundHandler(createNotFound(methodsOf, await createConsolePages(app, deps.consoleFolder)));
  serviceRoutes(app, deps);
  await app.register((api) => registerApi(api.withTypeProvider<ZodTypeProvider>(), deps, live), { prefix: '/api/v1' });
  await app.ready();
  return plain;
}

async function registerApi(api: ApiServer, deps: ApiDeps, live: LiveHub): Promise<void> {
  const accounts = createAccounts(deps.registry, createPasswords(deps.random), deps.clock);
  await guardAccess(api, deps, accounts);
  setupRoutes(api, deps, createSetup(deps, accounts));
  sessionRoutes(api, deps, accounts);
  const fleet = createFleet(deps);
  deviceRoutes(api, deps, fleet);
  deviceChangeRoutes(api, { ...deps, fleet, live });
  quarantineRoute(api, deps);
  ledgerRoutes(api, deps);
  signalRoutes(api, deps);
  findingRoutes(api, deps);
  caseRoutes(api, deps);
  caseActionRoutes(api, deps, live);
  maintenanceRoutes(api, deps);
  productRoutes(api, deps);
  packVersionRoutes(api, deps);
  packCheckRoute(api, deps);
  if (deps.demo) demoRoutes(api, deps.demo);
  if (deps.backtests) backtestRoutes(api, deps, deps.backtests);
  if (deps.why) whyRoute(api, deps, deps.why);
  await liveRoute(api, deps, live);
}

/** JSON only, and an empty body counts as none: many clients name the type even where they send nothing. */
function readJsonBodies(app: ApiServer): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body: string, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body, (error, value) => done(error && isJson(body) ? poisonedBody(error) : error, value));
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The parser says the same of these as of what is no JSON at all. */
function poisonedBody(cause: Error): AftercareError {
  const detail = 'The body has a key that is not taken: __proto__, or prototype in constructor.';
  return new AftercareError('body-invalid', detail, { hint: 'Leave the key out.', cause });
}

async function registerHeaders(app: ApiServer): Promise<void> {
  await app.register(helmet, {
    // The service speaks plain HTTP; whoever puts TLS before it decides about HSTS.
    hsts: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // The console's components set their measures by inline styles.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
  });
}

async function registerOpenApi(app: ApiServer): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Aftercare',
        version: '1',
        description: 'Devices, their telemetry, and the service cases that open by themselves.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'For programs' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: sessionCookie,
            description: 'For people; changes also need the header x-csrf-token',
          },
        },
      },
    },
    transform: (document) => {
      const access = document.route.config?.access;
      const transformed = jsonSchemaTransform(document);
      if (access === undefined || access === 'public') return transformed;
      const schema = { ...transformed.schema, security: [{ token: [] }, { session: [] }] };
      return { url: transformed.url, schema };
    },
    transformObject: namedAnswers,
  });
}

/** Named shapes are answers. The library also makes one for requests of each, which nothing refers to. */
function namedAnswers(document: Parameters<SwaggerTransformObject>[0]): ReturnType<SwaggerTransformObject> {
  const api = jsonSchemaTransformObject(document);
  const schemas = 'components' in api ? api.components?.schemas : undefined;
  for (const name of Object.keys(schemas ?? {})) {
    if (name.endsWith('Input')) Reflect.deleteProperty(schemas ?? {}, name);
  }
  return api;
}
