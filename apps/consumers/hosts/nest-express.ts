import { NestFactory } from '@nestjs/core';
import { AppModule, start } from './nest.js';

void NestFactory.create(AppModule, { logger: false }).then(start);
