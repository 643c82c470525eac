import 'reflect-metadata';
import type { Server } from 'node:http';
import { Body, Controller, Injectable, Module, Post, type INestApplication } from '@nestjs/common';
import { OnWebhook, Paggio, PaggioModule, type WebhookEvent } from '@paggio/nestjs';
import { mount, options, ready } from './gateway.js';

@Injectable()
class Pushes {
  @OnWebhook('github', 'push')
  push(event: WebhookEvent<{ ref: string }>): void {
    process.send?.({ ref: event.payload.ref });
  }
}

@Controller('host')
class HostController {
  @Post('echo')
  echo(@Body() body: unknown): object {
    return { echo: body };
  }
}

@Module({
  imports: [PaggioModule.forRoot({ ...options, path: mount })],
  controllers: [HostController],
  providers: [Pushes],
})
export class AppModule {}

export async function start(app: INestApplication): Promise<void> {
  await app.listen(0, '127.0.0.1');
  ready(app.getHttpServer() as Server, app.get(Paggio, { strict: false }));
  process.once('SIGTERM', () => {
    process.disconnect?.();
    void app.close();
  });
}
