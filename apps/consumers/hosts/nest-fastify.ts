import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, start } from './nest.js';

void NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: false }).then(start);
